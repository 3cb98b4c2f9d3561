// The texts of what users say of an account.
export const judgement = {
  title: 'What do we say ourselves?',
  kind: { sentiment: 'How they feel', override: 'Score set by hand' },
  none: { sentiment: 'Nobody has said how they feel.', override: 'None: the computed score stands alone.' },
  say: { sentiment: 'Say how they feel', override: 'Set a score' },
  form: { sentiment: 'How do they feel?', override: 'Set a score by hand' },
  value: { sentiment: 'How they feel', override: 'Score' },
  feeling: { '0': 'Angry', '25': 'Uneasy', '50': 'Neutral', '75': 'Content', '100': 'Happy' },
  reason: 'Reason',
  until: 'Until the end of',
  untilWhy: {
    sentiment: 'Then it is missing, as if nothing had been said.',
    override: 'Then it ends by itself. The computed score stays beside it all the time.',
  },
  save: 'Save',
  takeBack: 'Take back',
  takeBackOf: { sentiment: 'Take back how they feel', override: 'Take back the score set by hand' },
  by: '{{name}}, {{at}}, until {{until}}',
  effective: {
    computed: 'Lists, colours and rules go by the computed score; this one stands beside it.',
    override: 'By setting, this one stands first here; lists, colours and rules go by the computed score.',
  },
  past_one: '{{count}} earlier one',
  past_other: '{{count}} earlier ones',
  hand: 'Set by hand: {{points}}',
  handWhy: '{{by}}, until {{until}}: {{reason}}',
  computed: 'computed',
} as const;
