// What a signal stood on when it was raised, as the server froze it.
export interface Evidence {
  when: string;
  clear: string;
  /** What counts the records of which it is about one; "": it is about the account. */
  each?: string;
  values: { name: string; value_text: string; source: string; at: string | null }[];
  health: {
    points: number;
    band: 'red' | 'yellow' | 'green';
    /** Not in what was frozen before there were grades. */
    grade?: string | null;
    grey: boolean;
    scorecard: string;
  } | null;
}

interface Frozen {
  kind: string;
  evidence: unknown;
}

const isEvidence = (value: unknown): value is Evidence =>
  typeof value === 'object' && value !== null && 'when' in value && 'values' in value;

/** Of the newest event that has any: what the signal says now. */
export function evidenceOf(history: readonly Frozen[]): Evidence | null {
  const found = history.findLast(event => isEvidence(event.evidence))?.evidence;
  return isEvidence(found) ? found : null;
}
