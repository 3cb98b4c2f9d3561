export { AccountSignals } from './AccountSignals';
export { signalMoments, useSignalMoments } from './moments';
export { PortfolioSignals } from './PortfolioSignals';
export { readSignalSearch, type SignalSearch } from './search';
