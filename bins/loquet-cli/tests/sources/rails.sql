CREATE TABLE users (id integer PRIMARY KEY, email varchar NOT NULL, consumed_timestep integer, otp_required_for_login boolean, otp_secret varchar);
INSERT INTO "users" VALUES(1,'ada@example.org',56802240,1,'{"p":"jwtKkDVH01BZIaEIrWqW8wZn/l7Qe08RWEd7RTw6TTc=","h":{"iv":"kCuUOmGKTgSJ8iRm","at":"D7A/Lti+0q+kbNvqRBN13w=="}}');
INSERT INTO "users" VALUES(2,'bob@example.org',NULL,1,'{"p":"hS9R4c5Yy6YfB0HqlY8/Icgfo+sJSBtDR+LHIoJPRVk=","h":{"iv":"ZLpoSGbFn0PFnCrT","at":"d14ezFix/MrU2yMi8qtODQ=="}}');
INSERT INTO "users" VALUES(3,'carol@example.org',NULL,0,NULL);
