export { type PortfolioSearch, readPortfolioSearch } from './search';
