// Parts of the app that are loaded when they are first needed.
// What is shown in place of one that did not come is QueryFailure's.

/** The part did not come: the server is away, or it serves another version of the app by now. */
export class PartMissing extends Error {
  constructor(cause: unknown) {
    super('a part of the app did not come', { cause });
    this.name = 'PartMissing';
  }
}

/** As browsers and the bundler say that a module or its styles could not be fetched. */
const NOT_FETCHED = /imported module|module script failed|preload CSS/;

/** An importer whose failure to fetch is told apart from a mistake in what was fetched.  It asks no second
 * time: styles that did not come would be taken for loaded, and the part would stand there without them. */
export function part<T>(load: () => Promise<T>): () => Promise<T> {
  let missing: PartMissing | null = null;
  return async () => {
    if (missing) throw missing;
    try {
      return await load();
    } catch (error) {
      if (!(error instanceof Error && NOT_FETCHED.test(error.message))) throw error;
      missing = new PartMissing(error);
      throw missing;
    }
  };
}
