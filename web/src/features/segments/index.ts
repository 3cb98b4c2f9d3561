export { readSegmentSearch, readSegmentsSearch, type SegmentSearch, type SegmentsSearch } from './search';
