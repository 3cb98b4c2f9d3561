// The frame of every page: navigation at the left (below on a phone), the demo's bar, and the page.
import {
  ActionIcon,
  Menu,
  Tooltip,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { DemoBar } from '@/features/demo';
import { FormatProvider, useSession, useSignOut } from '@/features/session';
import { OpenCount } from '@/features/signals';
import { useAsOf } from '@/lib/asOf';
import { t } from '@/lib/i18n';
import { useKeys } from '@/lib/keys';
import { Icon } from '@/ui/Icon';
import { LiveUpdates } from '../live';
import { AsOfBanner, AsOfDialog, NowOnly, useIsNowOnly } from './AsOf';
import { KeysHelp } from './KeysHelp';
import { Palette } from './Palette';
import { type Page, usePages } from './pages';
import classes from './Shell.module.css';

const FOLDED = 'cairn-folded';

function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const label = scheme === 'dark' ? t('shell.light') : t('shell.dark');
  return (
    <Tooltip label={label} position="right">
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={label}
        onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}
      >
        <Icon name={scheme === 'dark' ? 'sun' : 'moon'} />
      </ActionIcon>
    </Tooltip>
  );
}

function UserMenu() {
  const { user, workspace } = useSession();
  const signOut = useSignOut();
  const leave = () => signOut.mutate(undefined, { onSettled: () => location.assign('/signin') });
  return (
    <Menu position="top-start">
      <Menu.Target>
        <UnstyledButton className={classes.user} aria-label={t('shell.user', { name: user.name })}>
          <Icon name="user" />
          <span className={classes.label}>{user.name}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.email} · {workspace.name} · {workspace.time_zone}
        </Menu.Label>
        <Menu.Item component={Link} to="/notifications">
          {t('notifications.title')}
        </Menu.Item>
        <Menu.Item component={Link} to="/api-keys">
          {t('access.keys.title')}
        </Menu.Item>
        <Menu.Item component={Link} to="/sessions">
          {t('access.sessions.title')}
        </Menu.Item>
        <Menu.Item onClick={leave}>{t('shell.signOut')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** On a phone: the pages and tools that the bar has no room for. */
function More({ pages, onKeys, onAsOf }: { pages: readonly Page[]; onKeys: () => void; onAsOf: () => void }) {
  const { user } = useSession();
  const { pathname } = useLocation();
  const signOut = useSignOut();
  const { toggleColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const here = pages.some(page => pathname.startsWith(page.to));
  const leave = () => signOut.mutate(undefined, { onSettled: () => location.assign('/signin') });
  return (
    <Menu position="top-end">
      <Menu.Target>
        <UnstyledButton className={`${classes.link} ${classes.more}`} data-active={here}>
          <Icon name="more" />
          <span className={classes.label}>{t('shell.more')}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {pages.map(page => (
          <Menu.Item
            key={page.to}
            component={Link}
            to={page.to}
            leftSection={<Icon name={page.icon} />}
            aria-current={pathname.startsWith(page.to) ? 'page' : undefined}
          >
            {page.label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<Icon name={scheme === 'dark' ? 'sun' : 'moon'} />}
          onClick={toggleColorScheme}
        >
          {scheme === 'dark' ? t('shell.light') : t('shell.dark')}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="past" />} onClick={onAsOf}>
          {t('asOf.open')}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="keys" />} onClick={onKeys}>
          {t('keys.title')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t('shell.user', { name: user.name })}</Menu.Label>
        <Menu.Item component={Link} to="/notifications" leftSection={<Icon name="signals" />}>
          {t('notifications.title')}
        </Menu.Item>
        {!pages.some(page => page.to === '/api-keys') && (
          <Menu.Item component={Link} to="/api-keys" leftSection={<Icon name="key" />}>
            {t('access.keys.title')}
          </Menu.Item>
        )}
        <Menu.Item component={Link} to="/sessions" leftSection={<Icon name="panel" />}>
          {t('access.sessions.title')}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="user" />} onClick={leave}>
          {t('shell.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

interface NavigationProps {
  onPalette: () => void;
  onKeys: () => void;
  onFold: () => void;
  onAsOf: () => void;
}

function Navigation({ onPalette, onKeys, onFold, onAsOf }: NavigationProps) {
  const pages = usePages();
  const isPast = useAsOf() !== undefined;
  return (
    <nav className={classes.nav} aria-label={t('shell.navigation')}>
      <div className={classes.brand}>
        <img src="/favicon.svg" alt="" width={22} height={22} />
        <span className={classes.label}>Cairn</span>
      </div>
      <UnstyledButton className={classes.jump} onClick={onPalette}>
        <Icon name="search" />
        <span className={classes.label}>
          {t('palette.jump')}
          <span className="sr-only"> {t('palette.jumpWhere')}</span>
        </span>
        <kbd className={classes.kbd}>Ctrl K</kbd>
      </UnstyledButton>
      <UnstyledButton
        className={`${classes.link} ${classes.wideOnly}`}
        onClick={onAsOf}
        data-active={isPast}
        aria-haspopup="dialog"
      >
        <Icon name="past" />
        <span className={classes.label}>{t('asOf.open')}</span>
      </UnstyledButton>
      {pages.map(page => (
        <Link
          key={page.to}
          to={page.to}
          className={page.main ? classes.link : `${classes.link} ${classes.wideOnly}`}
          activeProps={{ 'data-active': true }}
        >
          <Icon name={page.icon} />
          <span className={classes.label}>{page.label}</span>
          {page.to === '/signals' && !isPast && <OpenCount />}
        </Link>
      ))}
      <More pages={pages.filter(page => !page.main)} onKeys={onKeys} onAsOf={onAsOf} />
      <span className={classes.gap} />
      <div className={classes.tools}>
        <SchemeButton />
        <Tooltip label={t('keys.title')} position="right">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('keys.title')}
            onClick={onKeys}
            className={classes.wideOnly}
          >
            <Icon name="keys" />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t('shell.fold')} position="right">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('shell.fold')}
            onClick={onFold}
            className={classes.wideOnly}
          >
            <Icon name="panel" />
          </ActionIcon>
        </Tooltip>
      </div>
      <UserMenu />
    </nav>
  );
}

/** Live while it is now; the page, unless it is of now alone and the app is not. */
function Content({ onAsOf }: { onAsOf: () => void }) {
  const isPast = useAsOf() !== undefined;
  const isNowOnly = useIsNowOnly();
  const { pathname } = useLocation();
  const here = usePages().find(page => pathname.startsWith(page.to));
  return (
    <div className={classes.content}>
      {!isPast && <LiveUpdates />}
      <AsOfBanner onChange={onAsOf} />
      {!isPast && <DemoBar />}
      <main id="main" className={classes.main} tabIndex={-1}>
        {isNowOnly ? <NowOnly page={here?.label} /> : <Outlet />}
      </main>
    </div>
  );
}

export function Shell() {
  const navigate = useNavigate();
  const pages = usePages();
  const [palette, setPalette] = useState(false);
  const [keys, setKeys] = useState(false);
  const [asOf, setAsOf] = useState(false);
  const [folded, setFolded] = useState(() => localStorage.getItem(FOLDED) === '1');

  const fold = () => {
    localStorage.setItem(FOLDED, folded ? '0' : '1');
    setFolded(!folded);
  };
  useKeys({
    '?': () => setKeys(true),
    d: () => setAsOf(true),
    ...Object.fromEntries(pages.map(page => [`g ${page.key}`, () => void navigate({ to: page.to })])),
  });

  return (
    <FormatProvider>
      <a className={classes.skip} href="#main">
        {t('shell.skip')}
      </a>
      <div className={classes.shell} data-folded={folded}>
        <Navigation
          onPalette={() => setPalette(true)}
          onKeys={() => setKeys(true)}
          onFold={fold}
          onAsOf={() => setAsOf(true)}
        />
        <Content onAsOf={() => setAsOf(true)} />
      </div>
      <Palette opened={palette} onOpen={() => setPalette(true)} onClose={() => setPalette(false)} />
      <KeysHelp opened={keys} onClose={() => setKeys(false)} />
      <AsOfDialog opened={asOf} onClose={() => setAsOf(false)} />
    </FormatProvider>
  );
}
