CREATE TABLE users (id integer PRIMARY KEY, email varchar NOT NULL, consumed_timestep integer, otp_required_for_login boolean, encrypted_otp_secret varchar, encrypted_otp_secret_iv varchar, encrypted_otp_secret_salt varchar);
INSERT INTO "users" VALUES(1,'ada@example.org',56802240,1,'RtH5EH2aGxowFH2zsv+Mzh+/7pgM82mpqMADzOrt5VovKsfYVNvAsQ==
','kCuUOmGKTgSJ8iRm
','_92K1QsIdGXqMOJStLrGFQA==
');
INSERT INTO "users" VALUES(2,'bob@example.org',NULL,1,'VcIzb/Gkf8rTPV6sSqJLABZxLQ8xdp7ihFSLN+MkzKnKtGK928TKHFiFFzQ1Sjba
','ZLpoSGbFn0PFnCrT
','_huvL/7YHzKOQgdyXaqQPxA==
');
