export { Contracts } from './Contracts';
export { Events } from './Events';
export { People } from './People';
export { Tickets } from './Tickets';
