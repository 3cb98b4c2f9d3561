// What an account's history of sets tells its page: since when it is in its stage, and which segments it
// entered or left last.  Pure.
import type { SegmentHistory } from '@/api/types';

type Moves = SegmentHistory['data'];

/** The history is the newest first, and of its newest part only: undefined if it does not go back so far. */
export function stageSince(moves: Moves, stage: string): string | undefined {
  const last = moves.find(move => move.kind === 'stage' && move.name === stage);
  return last?.entered ? last.at : undefined;
}

export function lastMoves(moves: Moves, count: number): Moves {
  return moves.filter(move => move.kind === 'segment').slice(0, count);
}
