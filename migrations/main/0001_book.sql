-- The book: who works here, what sends events, the accounts and what is known of them.
--
-- Times are microseconds UTC (_us), days are numbers since 1970-01-01 of the workspace's zone
-- (_day, _on), money is minor units.  known_us says when we learned it.

CREATE TABLE workspace (
    workspace_id smallint NOT NULL PRIMARY KEY,
    name         text     NOT NULL,
    time_zone    text     NOT NULL,
    currency     text     NOT NULL,
    is_demo      smallint NOT NULL,
    created_us   bigint   NOT NULL
);
-- @ref

CREATE TABLE workspace_value (
    name  text NOT NULL PRIMARY KEY,
    value text NOT NULL
);
-- @local

CREATE TABLE team (
    team_id    bigint NOT NULL PRIMARY KEY,
    name       text   NOT NULL UNIQUE,
    created_us bigint NOT NULL
);
-- @ref

CREATE TABLE app_user (
    user_id       bigint   NOT NULL PRIMARY KEY,
    email         text     NOT NULL,
    email_folded  text     NOT NULL UNIQUE,
    name          text     NOT NULL,
    role          smallint NOT NULL,
    scope         smallint NOT NULL,
    team_id       bigint   NOT NULL,
    password_hash text     NOT NULL,
    created_us    bigint   NOT NULL,
    disabled_us   bigint,
    version       bigint   NOT NULL
);
-- @ref

CREATE TABLE session (
    token_hash text   NOT NULL PRIMARY KEY,
    session_id bigint NOT NULL UNIQUE,
    user_id    bigint NOT NULL,
    created_us bigint NOT NULL,
    seen_us    bigint NOT NULL,
    expires_us bigint NOT NULL,
    address    text   NOT NULL,
    agent      text   NOT NULL
);
-- @local
CREATE INDEX session_of_user ON session(user_id);

CREATE TABLE source (
    source_id      bigint NOT NULL PRIMARY KEY,
    name           text   NOT NULL,
    write_key_hash text   NOT NULL UNIQUE,
    write_key_hint text   NOT NULL,
    created_us     bigint NOT NULL,
    disabled_us    bigint
);
-- @ref

CREATE TABLE api_key (
    key_id       bigint NOT NULL PRIMARY KEY,
    user_id      bigint NOT NULL,
    name         text   NOT NULL,
    key_hash     text   NOT NULL UNIQUE,
    key_hint     text   NOT NULL,
    scopes       bigint NOT NULL,
    created_us   bigint NOT NULL,
    expires_us   bigint,
    revoked_us   bigint,
    last_used_us bigint
);
-- @ref

-- Scores and what follows from events are not fields of the record: version stays when they move.
CREATE TABLE account (
    account_id       bigint   NOT NULL PRIMARY KEY,
    external_id      text     NOT NULL,
    name             text     NOT NULL,
    name_folded      text     NOT NULL,
    domain           text,
    owner_id         bigint,
    team_id          bigint,
    parent_id        bigint,
    stage            smallint NOT NULL,
    arr_minor        bigint,
    currency         text     NOT NULL,
    renewal_on       integer,
    created_us       bigint   NOT NULL,
    version          bigint   NOT NULL,
    score            integer,
    band             smallint NOT NULL DEFAULT 0,
    grey             smallint NOT NULL DEFAULT 0,
    confidence       integer  NOT NULL DEFAULT 0,
    trend            integer,
    scorecard        text     NOT NULL DEFAULT '',
    last_activity_us bigint,
    open_tickets     integer  NOT NULL DEFAULT 0
) {{table_suffix}};
-- @dist account_id
CREATE INDEX account_name ON account(name_folded, account_id);
CREATE INDEX account_owner ON account(owner_id);
CREATE INDEX account_team ON account(team_id);

-- version, here and below: that of the subjects' mapping which the row made.
-- External ids are unique over all accounts, which a table spread by account cannot promise.
CREATE TABLE ident (
    ext_key    text   NOT NULL PRIMARY KEY,
    account_id bigint NOT NULL,
    known_us   bigint NOT NULL,
    version    bigint NOT NULL
);
-- @dist ext_key
CREATE INDEX ident_account ON ident(account_id);

CREATE TABLE account_domain (
    domain     text   NOT NULL PRIMARY KEY,
    account_id bigint NOT NULL,
    known_us   bigint NOT NULL,
    version    bigint NOT NULL
);
-- @dist domain
CREATE INDEX account_domain_account ON account_domain(account_id);

-- Every observation of a trait, so that the order of arrival does not matter.  value is a JSON
-- scalar; tie orders observations of the same moment.
CREATE TABLE account_trait (
    account_id bigint NOT NULL,
    name       text   NOT NULL,
    at_us      bigint NOT NULL,
    tie        bigint NOT NULL,
    value      text   NOT NULL,
    known_us   bigint NOT NULL,
    PRIMARY KEY (account_id, name, at_us, tie)
) {{table_suffix}};
-- @dist account_id

CREATE TABLE person (
    account_id    bigint NOT NULL,
    person_id     bigint NOT NULL,
    name          text   NOT NULL,
    email         text,
    email_folded  text,
    title         text,
    user_key      text,
    left_us       bigint,
    left_known_us bigint,
    created_us    bigint NOT NULL,
    version       bigint NOT NULL,
    PRIMARY KEY (account_id, person_id)
) {{table_suffix}};
-- @dist account_id
CREATE UNIQUE INDEX person_user_key ON person(account_id, user_key);
CREATE INDEX person_email ON person(account_id, email_folded);

CREATE TABLE person_role (
    account_id  bigint   NOT NULL,
    person_id   bigint   NOT NULL,
    role        smallint NOT NULL,
    from_us     bigint   NOT NULL,
    to_us       bigint,
    known_us    bigint   NOT NULL,
    to_known_us bigint,
    PRIMARY KEY (account_id, person_id, role, from_us)
) {{table_suffix}};
-- @dist account_id

CREATE TABLE contract (
    account_id  bigint   NOT NULL,
    contract_id bigint   NOT NULL,
    external_id text,
    name        text     NOT NULL,
    arr_minor   bigint   NOT NULL,
    currency    text     NOT NULL,
    starts_on   integer  NOT NULL,
    ends_on     integer  NOT NULL,
    seats       bigint,
    status      smallint NOT NULL,
    known_us    bigint   NOT NULL,
    version     bigint   NOT NULL,
    PRIMARY KEY (account_id, contract_id)
) {{table_suffix}};
-- @dist account_id
CREATE UNIQUE INDEX contract_external ON contract(account_id, external_id);

CREATE TABLE ticket (
    account_id        bigint   NOT NULL,
    ticket_id         bigint   NOT NULL,
    external_id       text,
    subject           text     NOT NULL,
    priority          smallint NOT NULL,
    status            smallint NOT NULL,
    opened_us         bigint   NOT NULL,
    first_response_us bigint,
    solved_us         bigint,
    solved_known_us   bigint,
    known_us          bigint   NOT NULL,
    version           bigint   NOT NULL,
    PRIMARY KEY (account_id, ticket_id)
) {{table_suffix}};
-- @dist account_id
CREATE UNIQUE INDEX ticket_external ON ticket(account_id, external_id);

-- Who changed which field from what to what, when it became true and when we knew, under the number
-- of the change.  from_value and to_value are JSON; NULL: there was or is no value.
CREATE TABLE field_history (
    account_id bigint   NOT NULL,
    history_id bigint   NOT NULL,
    kind       smallint NOT NULL,
    record_id  bigint   NOT NULL,
    field      text     NOT NULL,
    from_value text,
    to_value   text,
    user_id    bigint   NOT NULL,
    true_us    bigint   NOT NULL,
    known_us   bigint   NOT NULL,
    node       integer  NOT NULL,
    seq        bigint   NOT NULL,
    PRIMARY KEY (account_id, history_id)
) {{table_suffix}};
-- @dist account_id

-- Which subjects belong where: group calls of a user, e-mail domains of a user, and links from an
-- anonymous id or a former user id to a user.  A row is added and never changed; version is that of
-- the mapping it made.
CREATE TABLE subject_group (
    subject  bigint NOT NULL,
    ext_key  text   NOT NULL,
    at_us    bigint NOT NULL,
    known_us bigint NOT NULL,
    version  bigint NOT NULL,
    PRIMARY KEY (subject, ext_key, at_us)
) {{table_suffix}};
-- @dist subject

CREATE TABLE subject_domain (
    subject  bigint NOT NULL,
    domain   text   NOT NULL,
    at_us    bigint NOT NULL,
    known_us bigint NOT NULL,
    version  bigint NOT NULL,
    PRIMARY KEY (subject, domain, at_us)
) {{table_suffix}};
-- @dist subject

CREATE TABLE subject_link (
    subject  bigint NOT NULL,
    target   bigint NOT NULL,
    at_us    bigint NOT NULL,
    known_us bigint NOT NULL,
    version  bigint NOT NULL,
    PRIMARY KEY (subject, target, at_us)
) {{table_suffix}};
-- @dist subject

-- Who a user said to be last, for the people of the account that the user turns out to belong to.
CREATE TABLE subject_person (
    subject  bigint NOT NULL PRIMARY KEY,
    user_key text   NOT NULL,
    email    text   NOT NULL,
    name     text   NOT NULL,
    at_us    bigint NOT NULL,
    tie      bigint NOT NULL
) {{table_suffix}};
-- @dist subject

-- What happened to which account, numbered without a gap for each node; kept for 7 days.
CREATE TABLE change (
    node       integer  NOT NULL,
    seq        bigint   NOT NULL,
    account_id bigint   NOT NULL,
    kind       smallint NOT NULL,
    at_us      bigint   NOT NULL,
    PRIMARY KEY (node, seq)
) {{table_suffix}};
-- @local

-- The newest number of each node and the version of the subjects' mapping.
CREATE TABLE counter (
    name  text   NOT NULL PRIMARY KEY,
    value bigint NOT NULL
);
-- @local

-- How far a consumer has read: of the event log, of a node's changes.
CREATE TABLE consumer (
    name     text   NOT NULL PRIMARY KEY,
    position bigint NOT NULL,
    at_us    bigint NOT NULL
);
-- @local
