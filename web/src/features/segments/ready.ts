// A model for each of the seven questions, ready for the program's editor: what to write where no model answers it.
// Each reads a trait that the customer's systems send with group calls, or records that there are.

export interface Ready {
  /** Of the file that it comes in. */
  file: string;
  text: string;
  /** Traits of the account that it reads; none: it reads records. */
  traits: readonly string[];
}

interface Model {
  name: string;
  doc: string;
  /** Days after which a fact counts half; none: it keeps. */
  validity?: string;
  traits: readonly string[];
  about: readonly string[];
  segments: readonly (readonly [name: string, when: string, doc: string])[];
}

const MODELS: Record<string, Model> = {
  who: {
    name: 'size',
    doc: 'how large they are',
    traits: ['employees'],
    about: ['trait.employees: how many people work there, a number.'],
    segments: [
      ['large', 'trait.employees.number() >= 1000.0', 'a thousand people and more'],
      ['medium', 'trait.employees.number() >= 100.0', 'a hundred people and more'],
      ['small', 'trait.employees.number() >= 0.0', 'fewer than a hundred people'],
    ],
  },
  profit: {
    name: 'value',
    doc: 'what they bring',
    traits: [],
    about: ['Reads the ARR of their contracts.'],
    segments: [
      ['strategic', 'arr >= 100000.0', 'names that the board knows'],
      ['core', 'arr >= 20000.0', 'most of the revenue'],
      ['long-tail', 'arr >= 0.0', 'many small ones'],
    ],
  },
  satisfaction: {
    name: 'mood',
    doc: 'how they feel in the words of whoever looks after them',
    validity: '90d',
    traits: [],
    about: ['Reads the sentiment that people note on the page of an account.'],
    segments: [
      ['content', 'sentiment >= 70.0', 'they are glad to have us'],
      ['lukewarm', 'sentiment >= 40.0', 'neither glad nor annoyed'],
      ['annoyed', 'sentiment >= 0.0', 'they are annoyed'],
    ],
  },
  wallet: {
    name: 'share',
    doc: 'our part of what they spend on products like ours',
    validity: '365d',
    traits: ['category_spend'],
    about: [
      'trait.category_spend: what they spend a year on all products like ours, in the currency of the ARR.',
    ],
    segments: [
      ['main-supplier', 'arr / trait.category_spend.number() >= 0.5', 'half of it and more is ours'],
      ['one-of-few', 'arr / trait.category_spend.number() >= 0.2', 'a fifth and more is ours'],
      ['mostly-others', 'arr / trait.category_spend.number() >= 0.0', 'most of it goes to others'],
    ],
  },
  footprint: {
    name: 'spread',
    doc: 'how many of their groups use it',
    validity: '180d',
    traits: ['departments', 'departments_using'],
    about: [
      'trait.departments: groups of theirs that could use it, a number.',
      'trait.departments_using: those that do.',
    ],
    segments: [
      [
        'everywhere',
        'trait.departments_using.number() / trait.departments.number() >= 0.8',
        'almost every group uses it',
      ],
      [
        'spreading',
        'trait.departments_using.number() / trait.departments.number() >= 0.3',
        'several groups use it',
      ],
      [
        'one-corner',
        'trait.departments_using.number() / trait.departments.number() >= 0.0',
        'few groups use it',
      ],
    ],
  },
  market: {
    name: 'market',
    doc: 'whether their market grows',
    validity: '365d',
    traits: ['market_growth'],
    about: ['trait.market_growth: how fast their market grows a year, 0.1 for 10 %.'],
    segments: [
      ['growing-market', 'trait.market_growth.number() >= 0.1', 'it grows by a tenth and more'],
      ['steady-market', 'trait.market_growth.number() >= 0.0', 'it grows slowly'],
      ['shrinking-market', 'trait.market_growth.number() < 0.0', 'it shrinks'],
    ],
  },
  influence: {
    name: 'influence',
    doc: 'whether others in their market listen to them',
    validity: '365d',
    traits: ['influence'],
    about: [
      'trait.influence: 0 to 10, as your people judge it: speaks at events, is asked for references, is copied.',
    ],
    segments: [
      ['opinion-leader', 'trait.influence.number() >= 7.0', 'others do what they do'],
      ['known-name', 'trait.influence.number() >= 4.0', 'others know them'],
      ['quiet-name', 'trait.influence.number() >= 0.0', 'few listen to them'],
    ],
  },
};

const textOf = (question: string, model: Model): string =>
  [
    '# A starting point: change the bounds to yours.',
    ...model.about.map(line => `# ${line}`),
    'segment_models:',
    `  ${model.name}: {question: ${question}, ${model.validity ? `validity: ${model.validity}, ` : ''}doc: ${JSON.stringify(model.doc)}}`,
    '',
    'segments:',
    ...model.segments.map(
      ([name, when, doc]) =>
        `  ${name}: {model: ${model.name}, when: ${JSON.stringify(when)}, doc: ${JSON.stringify(doc)}}`,
    ),
    '',
  ].join('\n');

export const QUESTIONS = Object.keys(MODELS);

export function readyFor(question: string): Ready | null {
  const model = MODELS[question];
  return model
    ? { file: `questions/${question}.yaml`, text: textOf(question, model), traits: model.traits }
    : null;
}
