export { AccountSignals } from './AccountSignals';
export { readSignalSearch, type SignalSearch } from './search';
