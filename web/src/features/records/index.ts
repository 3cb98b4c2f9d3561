export { Contracts } from './Contracts';
export { Events } from './Events';
export { MomentText, markOf } from './MomentText';
export { inOrder, type Moment } from './moments';
export { People } from './People';
export { usePeople, useTickets } from './queries';
export { currentRoles } from './roles';
export { Tickets } from './Tickets';
export { useMoments } from './useMoments';
