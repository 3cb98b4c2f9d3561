// The pages of segments and coverage with what the address says of them.  Loaded apart from the others.
import { getRouteApi } from '@tanstack/react-router';
import { CoveragePage } from '@/features/segments/CoveragePage';
import { SegmentPage } from '@/features/segments/SegmentPage';
import { SegmentsPage } from '@/features/segments/SegmentsPage';

const segments = getRouteApi('/app/segments');
const segment = getRouteApi('/app/segments/$name');

export function Segments() {
  return <SegmentsPage search={segments.useSearch()} />;
}

export function Segment() {
  const { name } = segment.useParams();
  return <SegmentPage key={name} name={name} search={segment.useSearch()} />;
}

export function Coverage() {
  return <CoveragePage />;
}
