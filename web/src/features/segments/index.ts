export { useLiveSegments, useSegmentBoard } from './queries';
export { readSegmentSearch, readSegmentsSearch, type SegmentSearch, type SegmentsSearch } from './search';
