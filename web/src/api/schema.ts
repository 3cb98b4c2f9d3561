// The shape of the REST API, in the form that openapi-typescript makes of docs/openapi.json.

interface Answer<T> {
  headers: { [name: string]: unknown };
  content: { 'application/json': T };
}
interface Failure {
  headers: { [name: string]: unknown };
  content: { 'application/problem+json': components['schemas']['Problem'] };
}
interface NoContent {
  headers: { [name: string]: unknown };
  content?: never;
}
interface Body<T> {
  content: { 'application/json': T };
}
interface Patch<T> {
  content: { 'application/merge-patch+json': T };
}
interface AccountPath {
  account_id: string;
}
interface Page {
  limit?: number;
  cursor?: string;
}
type In<Path> = [Path] extends [never] ? { path?: never } : { path: Path };
interface Get<T, Query = never, Path = never> {
  parameters: { query?: Query; header?: never; cookie?: never } & In<Path>;
  requestBody?: never;
  responses: { 200: Answer<T>; default: Failure };
}
interface Post<T, B, Path = never> {
  parameters: { query?: never; header?: never; cookie?: never } & In<Path>;
  requestBody: Body<B>;
  responses: { 200: Answer<T>; 201: Answer<T>; default: Failure };
}
interface PatchOp<T, B, Path> {
  parameters: { query?: never; header?: { 'If-Match'?: string }; path: Path; cookie?: never };
  requestBody: Patch<B>;
  responses: { 200: Answer<T>; default: Failure };
}
interface List<T> {
  data: T[];
  next_cursor: string | null;
}
type S = components['schemas'];

export interface paths {
  '/api/v1/session': {
    get: Get<S['Session']>;
    post: Post<S['Session'], { email: string; password: string }>;
    delete: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: { 204: NoContent; default: Failure };
    };
  };
  '/api/v1/users': { get: Get<List<S['User']>, Page> };
  '/api/v1/accounts': { get: Get<S['AccountList'], AccountQuery> };
  '/api/v1/accounts/{account_id}': {
    get: Get<S['Account'], never, AccountPath>;
    patch: PatchOp<S['Account'], { owner_id?: string | null; stage?: string | null }, AccountPath>;
  };
  '/api/v1/accounts/{account_id}/health': { get: Get<S['AccountHealth'], { since?: string }, AccountPath> };
  '/api/v1/accounts/{account_id}/health/history': {
    get: Get<List<S['HistoryPoint']>, { from?: string; to?: string }, AccountPath>;
  };
  '/api/v1/accounts/{account_id}/metrics': {
    get: Get<List<S['MetricSeries']>, { from?: string; to?: string }, AccountPath>;
  };
  '/api/v1/accounts/{account_id}/people': { get: Get<List<S['Person']>, Page, AccountPath> };
  '/api/v1/accounts/{account_id}/people/{person_id}': {
    patch: PatchOp<
      S['Person'],
      { roles?: S['PersonRole'][]; title?: string | null; left_at?: string | null },
      AccountPath & { person_id: string }
    >;
  };
  '/api/v1/accounts/{account_id}/contracts': { get: Get<List<S['Contract']>, Page, AccountPath> };
  '/api/v1/accounts/{account_id}/tickets': { get: Get<List<S['Ticket']>, Page, AccountPath> };
  '/api/v1/accounts/{account_id}/events': { get: Get<List<S['AccountEvent']>, Page, AccountPath> };
  '/api/v1/sources': {
    get: Get<List<S['Source']>, Page>;
    post: Post<S['CreatedSource'], { name: string }>;
  };
  '/api/v1/sources/{source_id}/rejected': { get: Get<List<S['Rejection']>, Page, { source_id: string }> };
  '/api/v1/demo': { get: Get<S['Demo']> };
}

export interface AccountQuery extends Page {
  q?: string;
  band?: string;
  owner_id?: string;
  sort?: string;
  offset?: number;
}

export interface components {
  schemas: {
    Band: 'red' | 'yellow' | 'green';
    Money: { minor: number; currency: string };
    Score: { points: number; band: S['Band']; grey: boolean; confidence: number };
    Problem: {
      type?: string;
      title: string;
      status: number;
      detail?: string;
      instance?: string;
      errors?: { pointer: string; detail: string }[];
    };
    User: { id: string; name: string; email: string; role: 'admin' | 'ops' | 'leader' | 'csm' | 'viewer' };
    Session: {
      user: S['User'];
      workspace: { name: string; time_zone: string; currency: string };
    };
    UserRef: { id: string; name: string };
    AccountRow: {
      id: string;
      external_id: string;
      name: string;
      score: S['Score'] | null;
      trend: number | null;
      spark?: number[];
      arr: S['Money'] | null;
      renewal_at: string | null;
      owner: S['UserRef'] | null;
      last_activity_at: string | null;
      scorecard: string | null;
      open_tickets: number;
    };
    AccountList: List<S['AccountRow']> & { total: number };
    Account: S['AccountRow'] & {
      domain: string | null;
      traits: { name: string; value: unknown }[];
      stage: string | null;
      created_at: string;
      version: number;
    };
    Fact: { name: string; value_text: string; source: string; at: string | null };
    ExplainItem: {
      path: string;
      depth: number;
      name: string;
      kind: 'group' | 'measure' | 'exception' | 'rest';
      weight: number | null;
      value: number | null;
      raw: number | null;
      raw_text: string | null;
      points: number;
      change: number | null;
      missing: boolean;
      reason: string | null;
      rule: string | null;
      facts: S['Fact'][];
    };
    AccountHealth: {
      at: string;
      points: number;
      band: S['Band'];
      grey: boolean;
      confidence: number;
      scorecard: string;
      because: string | null;
      previous: { at: string; points: number; band: S['Band'] } | null;
      override: { by: string; reason: string; until: string | null } | null;
      items: S['ExplainItem'][];
    };
    HistoryPoint: {
      at: string;
      points: number;
      band: S['Band'];
      grey: boolean;
      backfilled: boolean;
      because: string | null;
    };
    MetricSeries: {
      name: string;
      doc: string | null;
      unit: string | null;
      at_least: boolean;
      days: { day: string; value: number | null }[];
    };
    PersonRole: { role: 'champion' | 'sponsor' | 'admin' | 'user'; from: string; to: string | null };
    Person: {
      id: string;
      name: string;
      email: string | null;
      title: string | null;
      roles: S['PersonRole'][];
      left_at: string | null;
    };
    Contract: {
      id: string;
      name: string;
      arr: S['Money'] | null;
      starts_on: string;
      ends_on: string;
      seats: number | null;
      status: string;
    };
    Ticket: {
      id: string;
      external_id: string | null;
      subject: string;
      priority: 'low' | 'normal' | 'high' | 'critical';
      status: 'open' | 'pending' | 'solved' | 'closed';
      opened_at: string;
      solved_at: string | null;
    };
    AccountEvent: {
      id: string;
      at: string;
      received_at: string;
      type: string;
      name: string | null;
      user: string | null;
      payload_text: string;
    };
    Source: {
      id: string;
      name: string;
      write_key_hint: string;
      created_at: string;
      last_event_at: string | null;
      events_total: number;
      duplicates_total: number;
      rejected_total: number;
      per_minute: number[];
    };
    CreatedSource: S['Source'] & { write_key: string };
    Rejection: { at: string; reason: string; pointer: string | null; excerpt: string };
    DemoCall: {
      method: string;
      path: string;
      headers?: { [name: string]: string };
      body?: unknown;
      auth: 'session' | 'write_key';
    };
    DemoButton: { name: string; label: string; doc: string; calls: S['DemoCall'][] };
    Progress: { done: number; total: number; label?: string };
    Demo: { buttons: S['DemoButton'][]; progress: S['Progress'] | null; write_key: string };
  };
}
