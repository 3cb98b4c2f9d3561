// English, of accounts that left: on the page of an account, and of the back-test.
export const departure = {
  title: 'Left',
  mark: 'Mark as left',
  change: 'Change',
  unmark: 'Take back',
  unmarkOf: 'Take back that {{name}} left',
  form: 'Mark {{name}} as left',
  day: 'The day it left',
  reason: 'Why, in a few words',
  why: 'No rule reads this. It is what “Would it have told us?” compares the past with.',
  save: 'Save',
} as const;
