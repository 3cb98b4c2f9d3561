export { DepartureFact } from './DepartureFact';
export { LISTED_MOST, useDepartures, useImport, useMark, useSuggested, useUnmark } from './queries';
