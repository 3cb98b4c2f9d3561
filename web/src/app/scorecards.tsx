// The page of scorecards with what the address says of it.  Loaded apart from the others.
import { getRouteApi } from '@tanstack/react-router';
import { ScorecardsPage } from '@/features/scorecards/ScorecardsPage';

const scorecards = getRouteApi('/app/scorecards');

export function Scorecards() {
  return <ScorecardsPage search={scorecards.useSearch()} />;
}
