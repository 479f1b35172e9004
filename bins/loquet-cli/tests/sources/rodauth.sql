CREATE TABLE accounts (id integer PRIMARY KEY, status_id integer NOT NULL, email varchar NOT NULL);
INSERT INTO "accounts" VALUES(1,2,'ada@example.org');
INSERT INTO "accounts" VALUES(2,2,'bob@example.org');
INSERT INTO "accounts" VALUES(3,2,'carol@example.org');
CREATE TABLE account_otp_keys (id integer PRIMARY KEY, key varchar NOT NULL, num_failures integer NOT NULL, last_use datetime);
INSERT INTO "account_otp_keys" VALUES(1,'aawfmt3e7raks7bcnvitr3nd2inlhoha',0,'2024-01-01 00:00:00');
INSERT INTO "account_otp_keys" VALUES(2,'nliuvl56wrdp2gob',0,'2024-01-01 00:00:00');
