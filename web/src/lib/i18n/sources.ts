// English, of the sources page.
export const sources = {
  title: 'Sources',
  create: 'New source',
  createDo: 'Create source',
  createFirst: 'Make the first source',
  nameLabel: 'Name',
  nameHelp: 'What sends events with this key, such as “Production”.',
  keyOnce: 'This is the write key. It is shown only now: copy it to where the events are sent from.',
  keyKept: 'I have copied it',
  none: 'No sources yet',
  noneHelp:
    'A source is a write key with which your product sends events. Make one, paste the line that comes with it, and the first account appears.',
  never: 'none since the start',
  sinceStart: 'Counted since the server started',
  lastHour: '{{shown}} in the last hour',
  table: 'All sources',
  column: {
    name: 'Source',
    key: 'Write key',
    arrives: 'Events a minute',
    last: 'Last event',
    events: 'Events since start',
    duplicates: 'Duplicates',
    rejected: 'Rejected',
  },
  rejectedOf: 'Rejected by {{name}}',
  noRejected: 'Nothing was rejected',
  rejectedNotYet: 'Not listed here',
  rejectedNotYetHelp:
    'Events were rejected, but none is in the list: the newest come to it within seconds, the oldest leave it.',
  noRejectedHelp:
    'An event that cannot be taken is listed here with the reason; the rest of its batch is kept.',
  pointer: 'at',
  snippet: 'Send events to {{name}}',
  snippetKey: 'The key of the source is already in place.',
  snippetNoKey: 'Put the write key in place of YOUR_WRITE_KEY. It was shown when the source was created.',
  kind: { curl: 'curl', node: 'Node', browser: 'Browser' },
} as const;
