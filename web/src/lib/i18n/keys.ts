// English, of the keys that the help lists.
export const keys = {
  title: 'Keys',
  palette: 'Jump to an account or page',
  go: 'Go to: {{page}}',
  apply: 'Apply the draft of the program',
  search: 'Search accounts',
  next: 'Next account or signal',
  previous: 'Previous account or signal',
  open: 'Open the account',
  select: 'Select the account or signal',
  explain: 'Explain the score',
  acknowledge: 'Acknowledge the signal, or those selected',
  snooze: 'Snooze the signal, or those selected, for a day',
  resolve: 'Resolve the signal, or those selected',
  openAccount: 'Open the account of the signal',
  leave: 'Close, or clear the selection',
  help: 'Show these keys',
} as const;
