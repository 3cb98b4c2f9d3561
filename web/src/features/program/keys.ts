// Cache keys of the program, for whoever hears that it changed.
export const programKeys = {
  all: ['program'] as const,
  now: ['program', 'now'] as const,
  versions: ['program', 'versions'] as const,
};
