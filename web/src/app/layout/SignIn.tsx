// Sign-in, and then back to where one was going.
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { SignInPage } from '@/features/session';

const route = getRouteApi('/signin');

export function SignIn() {
  const { next } = route.useSearch();
  const router = useRouter();
  // Only a path of this app: "//host" would be another site.
  const target = next?.startsWith('/') && !next.startsWith('//') ? next : '/accounts';
  return <SignInPage onSignedIn={() => router.history.push(target)} />;
}
