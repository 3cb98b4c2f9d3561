export { percentOf } from './figures';
export { type PortfolioSearch, readPortfolioSearch } from './search';
