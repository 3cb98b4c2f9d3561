export { useCan } from './can';
export { FormatProvider, useFormat, When } from './format';
export { QueryFailure } from './QueryFailure';
export { sessionKeys, sessionQuery, useSession, useSignOut, useUsers } from './queries';
export { SignInPage } from './SignInPage';
