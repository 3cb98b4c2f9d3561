// The mock's program: versions in memory, a check that knows names only, and conditions as JavaScript.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DAY } from './mock-health.mjs';
import { functions, names, schemas } from './mock-names.mjs';

const ROOT = fileURLToPath(new URL('../../program/', import.meta.url));
const AUTHOR = { id: 'usr_1', name: 'Ada Admin' };

const shipped = readdirSync(ROOT, { recursive: true })
  .filter(name => name.endsWith('.yaml'))
  .map(name => ({ name, text: readFileSync(ROOT + name, 'utf8') }))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

const versions = [];
const save = (files, note, author, changed_files, rolls_back = null) =>
  versions.push({
    version: versions.length + 1,
    hash: `${versions.length + 1}`.padStart(32, '0'),
    at: new Date().toISOString(),
    author,
    note,
    changed_files,
    rolls_back,
    files,
  });
save(
  shipped,
  'What a new workspace starts with',
  null,
  shipped.map(file => file.name),
);

const WORD = /[A-Za-z_]\w*/g;
const HEADS = new Set([...names.map(one => one.name), 'true', 'false', 'math', 'size', 'trait']);
const RULE = /^(?<lead>.*?\b(?<key>when|applies_when|value)\s*:\s*)(?<cel>"[^"]*"|[^,}#]+)/;

function rulesOf({ name: file, text }) {
  return text.split('\n').flatMap((line, i) => {
    const found = RULE.exec(line);
    if (!found || line.trimStart().startsWith('#')) return [];
    const raw = found.groups.cel.trim();
    const quoted = raw.startsWith('"') ? 1 : 0;
    const before = text
      .split('\n')
      .slice(0, i + 1)
      .reverse();
    const owner = before
      .find(one => /^ {2}[\w-]+:\s*$/.test(one))
      ?.trim()
      .slice(0, -1);
    return [
      {
        file,
        line: i + 1,
        column: found.groups.lead.length + 1 + quoted,
        expression: raw.slice(quoted, raw.length - quoted),
        key: found.groups.key,
        name: /^signals:/m.test(text) ? owner : (/because: ([^}]+)/.exec(line)?.[1] ?? file),
        kind: /^signals:/m.test(text)
          ? 'signal'
          : ({ when: 'exception', value: 'measure' }[found.groups.key] ?? 'applies_when'),
      },
    ];
  });
}

function problemsOf(files) {
  return files.flatMap(rulesOf).flatMap(rule =>
    [...rule.expression.replace(/'[^']*'/g, text => ' '.repeat(text.length)).matchAll(WORD)]
      .filter(word => rule.expression[word.index - 1] !== '.' && !HEADS.has(word[0]))
      .map(word => {
        const place = {
          file: rule.file,
          line: rule.line,
          column: rule.column + word.index,
          end_line: rule.line,
          end_column: rule.column + word.index + word[0].length,
        };
        const near = [...HEADS].find(head => head.length > 3 && head.slice(0, 3) === word[0].slice(0, 3));
        return {
          ...place,
          severity: 'error',
          message: `there is no "${word[0]}"${near ? ` (did you mean ${near}?)` : ''}`,
          fix: near ? { label: `Use ${near}`, edits: [{ ...place, text: near }] } : null,
        };
      }),
  );
}

function columnsOf(account) {
  const renewal = account.renewal_at ? (Date.parse(account.renewal_at) - Date.now()) / DAY : undefined;
  return {
    arr: account.arr ? account.arr.minor / 100 : undefined,
    days_to_renewal: renewal === undefined ? undefined : Math.round(renewal),
    has_champion: account.quality > 0.4,
    has_sponsor: account.quality > 0.5,
    open_tickets: account.open_tickets,
    critical_tickets_open: account.open_tickets > 3 ? 1 : 0,
    oldest_critical_hours: account.open_tickets > 3 ? 60 : 0,
    stage: 'live',
  };
}

function evaluated(world, expression) {
  const used = [...new Set(expression.match(WORD) ?? [])].filter(word =>
    names.some(one => one.name === word),
  );
  let run;
  try {
    run = new Function('it', `with (it) { return (${expression}) }`);
  } catch {
    run = () => undefined;
  }
  return world.accounts.map(account => {
    const columns = columnsOf(account);
    let value;
    try {
      value = used.some(word => columns[word] === undefined) ? undefined : run(columns);
    } catch {
      value = undefined; // A metric, which the mock does not have.
    }
    const why = used.map(word => ({
      name: word,
      value_text: String(columns[word] ?? 'missing'),
      source: names.find(one => one.name === word).source,
    }));
    return { account, value, arr: columns.arr ?? 0, why };
  });
}

function match(world, { files, file, line, column }) {
  const text = (files ?? versions.at(-1).files).find(one => one.name === file);
  const rule = rulesOf(text).findLast(one => one.line === line && one.column <= column + 1);
  const none = { problems: [], of: 0, matches: 0, unknown: 0, arr: 0, currency: 'USD', accounts: [] };
  if (!rule) return { rule: null, ...none };
  const type = rule.key === 'value' ? 'double' : 'bool';
  const said = {
    rule: { kind: rule.kind, name: rule.name, expression: rule.expression, type, known_only: false },
    ...none,
  };
  const problems = problemsOf([text]).filter(one => one.line === line);
  if (problems.length > 0) return { ...said, problems };
  const rows = evaluated(world, rule.expression);
  const hits = rows
    .filter(row => (type === 'bool' ? row.value === true : row.value !== undefined))
    .sort((a, b) => b.arr - a.arr);
  return {
    ...said,
    of: rows.length,
    matches: hits.length,
    unknown: rows.filter(row => row.value === undefined).length,
    arr: hits.reduce((sum, row) => sum + row.arr, 0),
    accounts: hits.slice(0, 10).map(({ account, value, arr, why }) => ({
      id: account.id,
      name: account.name,
      arr,
      value_text: String(value),
      why,
    })),
  };
}

const changed = (before, after) =>
  [...new Set([...before, ...after].map(file => file.name))].flatMap(file => {
    const text = files => files.find(one => one.name === file)?.text;
    if (text(before) === text(after)) return [];
    return [
      {
        name: file,
        change: text(before) === undefined ? 'added' : text(after) === undefined ? 'removed' : 'changed',
      },
    ];
  });

function diff(world, { files, version }) {
  const after = files ?? versions[version - 1].files;
  const before = versions.at(-1).files;
  const rulesIn = list => list.flatMap(rulesOf).filter(rule => rule.kind === 'signal');
  const old = rulesIn(before);
  const signals = rulesIn(after)
    .filter(rule => !old.some(one => one.name === rule.name && one.expression === rule.expression))
    .map(rule => {
      const hits = evaluated(world, rule.expression).filter(row => row.value === true);
      const arr = hits.reduce((sum, row) => sum + row.arr, 0);
      return {
        name: rule.name,
        change: 'new',
        would_raise: 0,
        would_clear: 0,
        already_true: hits.length,
        arr,
      };
    });
  const gone = old.filter(rule => !rulesIn(after).some(one => one.name === rule.name));
  return {
    problems: problemsOf(after),
    identical: changed(before, after).length === 0,
    changed_files: changed(before, after),
    rescored: { count: 0, arr: 0 },
    colours: [],
    models: [],
    segments: [],
    signals,
    accounts: [],
    needs_scan: [],
    currency: 'USD',
    words: [
      ...signals.map(
        one =>
          `${one.already_true} accounts of $${Math.round(one.arr / 1000)},000 are in ${one.name} already`,
      ),
      ...gone.map(one => `the signal ${one.name} is gone`),
    ],
  };
}

const refused = (status, title, detail, more = {}) => ({
  status,
  problem: { type: 'about:blank', title, status, detail, ...more },
});

function become(files, note, rolls_back) {
  const before = versions.at(-1).files;
  save(
    files,
    note,
    AUTHOR,
    changed(before, files).map(one => one.name),
    rolls_back,
  );
  return { version: versions.length, state: 'active', words: [] };
}

const shown = ({ files: _, ...one }) => ({
  ...one,
  is_active: one.version === versions.length,
  state: one.version === versions.length ? 'active' : 'past',
});

/** The answer to a request below /program; null if there is no such thing. */
export function programRoute(world, method, path, body) {
  if (method === 'GET' && path === '') return { ...versions.at(-1), building: null };
  if (path === '/versions') return { items: versions.map(shown).reverse(), next_cursor: null };
  const version = /^\/versions\/(\d+)$/.exec(path);
  if (version) {
    const one = versions[Number(version[1]) - 1];
    return one ? { ...shown(one), files: one.files, state: undefined } : null;
  }
  if (path === '/names') return { items: names };
  if (path === '/functions') return { items: functions };
  if (path.startsWith('/schema/')) return schemas[path.slice(8)] ?? null;
  if (method !== 'POST') return null;
  const problems = body.files ? problemsOf(body.files) : [];
  if (path === '/check') {
    const count = pattern => body.files.filter(file => pattern.test(file.text)).length;
    const rules = body.files.flatMap(rulesOf);
    return {
      ok: problems.length === 0,
      problems,
      summary: {
        metrics: 6,
        scorecards: count(/^scorecard:/m),
        segments: 0,
        signals: rules.filter(rule => rule.kind === 'signal').length,
        columns: names.length,
      },
    };
  }
  if (path === '/match') return match(world, body);
  if (path === '/diff') return diff(world, body);
  if (path === '/test') return { problems, passed: 0, failed: 0, cases: [] };
  if (path === '/apply') {
    if (problems.length > 0)
      return refused(422, 'The program has mistakes', 'nothing was applied', { problems });
    if (body.base_version !== versions.length)
      return refused(409, 'Another version was applied', `version ${versions.length} is active`);
    return become(body.files, body.note, null);
  }
  if (path === '/rollback') return become(versions[body.version - 1].files, body.note, body.version);
  return null;
}
