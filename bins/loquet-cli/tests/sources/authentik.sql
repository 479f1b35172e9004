CREATE TABLE authentik_core_user (id integer PRIMARY KEY, username varchar(150) NOT NULL, email varchar(254) NOT NULL);
INSERT INTO "authentik_core_user" VALUES(1,'ada','ada@example.org');
INSERT INTO "authentik_core_user" VALUES(2,'bob','');
CREATE TABLE authentik_stages_authenticator_totp_totpdevice (id integer PRIMARY KEY, name varchar(64) NOT NULL, confirmed boolean NOT NULL, key varchar(80) NOT NULL, step smallint NOT NULL, t0 bigint NOT NULL, digits smallint NOT NULL, tolerance smallint NOT NULL, drift smallint NOT NULL, last_t bigint NOT NULL, user_id integer NOT NULL);
INSERT INTO "authentik_stages_authenticator_totp_totpdevice" VALUES(1,'phone',1,'01162be62e0b6c2e100a18b33087bc0a5b8c1288',30,0,6,1,0,56802240,1);
INSERT INTO "authentik_stages_authenticator_totp_totpdevice" VALUES(2,'phone',1,'d855b784b8523184c588b7e329e699306398442e',30,0,8,1,0,-1,2);
INSERT INTO "authentik_stages_authenticator_totp_totpdevice" VALUES(3,'phone',0,'dddddddddddddddddddddddddddddddddddddddd',30,0,6,1,0,-1,2);
