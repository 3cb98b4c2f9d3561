export { AccountSignals } from './AccountSignals';
export { signalMoments, useSignalMoments } from './moments';
export { OpenCount } from './OpenCount';
export { PortfolioSignals } from './PortfolioSignals';
export { readSignalSearch, type SignalSearch } from './search';
