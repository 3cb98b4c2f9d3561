// Pages with what the address says of them.  Loaded apart from the shell.
import { getRouteApi } from '@tanstack/react-router';
import { KeysPage } from '@/features/access/KeysPage';
import { SessionsPage } from '@/features/access/SessionsPage';
import { AccountPage, type AccountView } from '@/features/accounts/AccountPage';
import { AccountsPage } from '@/features/accounts/AccountsPage';
import { AccountThenPage } from '@/features/accounts/AccountThenPage';
import { NotificationsPage } from '@/features/notifications/NotificationsPage';
import { PortfolioPage } from '@/features/portfolio/PortfolioPage';
import { AccountSignals, useSignalMoments } from '@/features/signals';
import { SignalsPage } from '@/features/signals/SignalsPage';
import { SourcesPage } from '@/features/sources/SourcesPage';
import { UsersPage } from '@/features/users/UsersPage';
import { useAsOf } from '@/lib/asOf';

const accounts = getRouteApi('/app/accounts');
const account = getRouteApi('/app/accounts/$accountId');
const portfolio = getRouteApi('/app/portfolio');
const signals = getRouteApi('/app/signals');
const sources = getRouteApi('/app/sources');

export function Accounts() {
  return <AccountsPage search={accounts.useSearch()} />;
}

export function Portfolio() {
  return <PortfolioPage search={portfolio.useSearch()} />;
}

export function Signals() {
  return <SignalsPage search={signals.useSearch()} />;
}

export function Account() {
  const { accountId } = account.useParams();
  const asOf = useAsOf();
  const view = account.useSearch();
  if (asOf) return <AccountThenPage key={`${accountId} ${asOf}`} id={accountId} asOf={asOf} view={view} />;
  return <AccountNow id={accountId} view={view} />;
}

function AccountNow({ id: accountId, view }: { id: string; view: AccountView }) {
  return (
    <AccountPage key={accountId} id={accountId} view={view} more={useSignalMoments(accountId)}>
      <AccountSignals id={accountId} />
    </AccountPage>
  );
}

export function Sources() {
  return <SourcesPage selected={sources.useSearch().source} />;
}

export function Users() {
  return <UsersPage />;
}

export function ApiKeys() {
  return <KeysPage />;
}

export function Sessions() {
  return <SessionsPage />;
}

export function Notifications() {
  return <NotificationsPage />;
}
