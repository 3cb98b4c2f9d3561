// Who shows which accounts.  Several parts of a page, and several tabs, each claim those that they
// show; the server is told of all of them together.

/** As many as the server takes of one stream; what is shown beyond is read, but not live. */
const MOST = 500;

/** What each claimant shows; `changed` is called with the union when it is another. */
export class Claims<K> {
  readonly #byClaimant = new Map<K, readonly string[]>();
  readonly #changed: (ids: string[]) => void;
  #told: string | null = null;

  constructor(changed: (ids: string[]) => void) {
    this.#changed = changed;
  }

  set(claimant: K, ids: readonly string[]): void {
    this.#byClaimant.set(claimant, ids);
    this.#tell();
  }

  drop(claimant: K): void {
    this.#byClaimant.delete(claimant);
    this.#tell();
  }

  #tell(): void {
    const ids = [...new Set([...this.#byClaimant.values()].flat())].sort().slice(0, MOST);
    const text = ids.join();
    if (text === this.#told) return;
    this.#told = text;
    this.#changed(ids);
  }
}

const SETTLE_MS = 50;
type Listener = (ids: readonly string[]) => void;

let _latest: readonly string[] = [];
let _listener: Listener | null = null;
let _timer: ReturnType<typeof setTimeout> | null = null;

const shown = new Claims<symbol>(ids => {
  _latest = ids;
  // While one scrolls, rows come and go faster than they are worth telling.
  _timer ??= setTimeout(() => {
    _timer = null;
    _listener?.(_latest);
  }, SETTLE_MS);
});

/** These accounts are on screen until the returned function is called. */
export function watchAccounts(ids: readonly string[]): () => void {
  const claimant = Symbol('shown');
  shown.set(claimant, ids);
  return () => shown.drop(claimant);
}

/** Tells which accounts this tab shows, now and whenever they change. */
export function onWatched(listener: Listener): () => void {
  _listener = listener;
  listener(_latest);
  return () => {
    if (_listener === listener) _listener = null;
  };
}
