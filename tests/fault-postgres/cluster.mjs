// PostgreSQL clusters of a test's own, which it may kill, stop, fill and replace.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);

// A command of script/lib.sh; options go to the server's command line.
async function lib(command, env = {}) {
  const { stdout } = await run('bash', ['-c', `. script/lib.sh; ${command}`], { env: { ...process.env, ...env } });
  return stdout.trim();
}

export class Cluster {
  // options: of the server, as for postgres_start.
  static async start(t, options = '') {
    const words = await lib(`postgres_start ${options} && echo "$CAIRN_PG_DIR $CAIRN_PG_PORT"`);
    return new Cluster(t, ...words.split('\n').at(-1).split(' '), options);
  }

  constructor(t, dir, port, options) {
    Object.assign(this, { dir, port: Number(port), options });
    t.after(() => lib('postgres_stop', this.env));
  }

  get env() {
    return { CAIRN_PG_DIR: this.dir, CAIRN_PG_PORT: String(this.port) };
  }

  url(database = 'postgres') {
    return `postgresql://postgres@127.0.0.1:${this.port}/${database}`;
  }

  async sql(text, database = 'postgres') {
    const { stdout } = await run('psql', ['--no-psqlrc', '-qAtX', '-v', 'ON_ERROR_STOP=1', '-c', text, this.url(database)]);
    return stdout.trim();
  }

  kill() {
    return run('script/postgres-crash', [], { env: { ...process.env, ...this.env } });
  }

  stop(mode = 'fast') {
    return lib(`postgres_user pg_ctl --pgdata="$CAIRN_PG_DIR/data" --silent --wait --mode=${mode} stop`, this.env);
  }

  serve() {
    return lib(`postgres_serve ${this.options}`, this.env);
  }

  promote() {
    return lib('postgres_user pg_ctl --pgdata="$CAIRN_PG_DIR/data" --silent --wait promote', this.env);
  }

  // Dumps a database into another one, which is empty.
  dump(from, to) {
    return run('bash', ['-c', '. script/lib.sh; set -o pipefail; pg_dump "$0" | psql --no-psqlrc -qAtX -v ON_ERROR_STOP=1 "$1" >/dev/null',
      this.url(from), this.url(to)]);
  }

  // A second cluster that follows this one.
  async standby(t) {
    const words = await lib(`
      CAIRN_PG_PORT_OF_PRIMARY=$CAIRN_PG_PORT
      CAIRN_PG_DIR=$(mktemp -d "\${TMPDIR:-/tmp}/cairn-pg-XXXXXX") && CAIRN_PG_PORT=$(free_port)
      chmod 755 "$CAIRN_PG_DIR"
      [[ $(id -u) != 0 ]] || chown postgres "$CAIRN_PG_DIR"
      postgres_user pg_basebackup --pgdata="$CAIRN_PG_DIR/data" --write-recovery-conf --checkpoint=fast \
        --dbname="postgresql://postgres@127.0.0.1:$CAIRN_PG_PORT_OF_PRIMARY/postgres?application_name=standby" &&
        postgres_serve && echo "$CAIRN_PG_DIR $CAIRN_PG_PORT"`, this.env);
    return new Cluster(t, ...words.split('\n').at(-1).split(' '), '');
  }

  // A session that runs `text` and stays open until it is let go.
  async session(text) {
    const child = spawn('psql', ['--no-psqlrc', '-qAtX', this.url()], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.on('error', () => {}); // it may be refused
    const answered = once(child.stdout, 'data');
    child.stdin.write(`${text};\nSELECT 'here';\n`);
    await Promise.race([answered, once(child, 'exit')]);
    return { end: async () => { child.stdin.end(); if (child.exitCode === null) await once(child, 'exit'); } };
  }
}

// Stands between the server and PostgreSQL and swallows answers to COMMIT: it was done, but whoever
// asked is not told.
export async function forgetfulProxy(t, port) {
  const proxy = { swallowed: 0, every: 0 }; // every: of so many commits one; 0: none
  let commits = 0;
  const server = net.createServer(client => {
    const upstream = net.connect(port, '127.0.0.1');
    let swallows = false;
    const end = () => { client.destroy(); upstream.destroy(); };
    for (const socket of [client, upstream]) socket.setNoDelay(true).on('error', end).on('close', end);
    client.on('data', chunk => {
      if (proxy.every > 0 && chunk.includes('COMMIT\0') && ++commits % proxy.every === 0) swallows = true;
      upstream.write(chunk);
    });
    upstream.on('data', chunk => {
      if (!swallows) return client.write(chunk);
      proxy.swallowed++;
      end();
    });
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  proxy.port = server.address().port;
  return proxy;
}
