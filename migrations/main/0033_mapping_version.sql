-- The mapping is read by version: what is stale after a crash, what was known at a tick.
CREATE INDEX ident_version ON ident(version);
CREATE INDEX account_domain_version ON account_domain(version);
CREATE INDEX subject_group_version ON subject_group(version);
CREATE INDEX subject_domain_version ON subject_domain(version);
CREATE INDEX subject_link_version ON subject_link(version);
