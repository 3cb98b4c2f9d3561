export { Backfilled } from './Backfilled';
export { seenBy, useCan } from './can';
export { askSession, sessionEnded, useSessionEnded } from './ended';
export { FormatProvider, useFormat, When } from './format';
export { QueryFailure } from './QueryFailure';
export { sessionKeys, sessionQuery, useSession, useSignOut, useUsers } from './queries';
export { SignInPage } from './SignInPage';
