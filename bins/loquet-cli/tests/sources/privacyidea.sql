CREATE TABLE token (
	id INTEGER NOT NULL, 
	description VARCHAR(80), 
	serial VARCHAR(40) NOT NULL, 
	tokentype VARCHAR(30), 
	user_pin VARCHAR(512), 
	user_pin_iv VARCHAR(32), 
	so_pin VARCHAR(512), 
	so_pin_iv VARCHAR(32), 
	pin_seed VARCHAR(32), 
	otplen INTEGER, 
	pin_hash VARCHAR(512), 
	key_enc VARCHAR(2800), 
	key_iv VARCHAR(32), 
	maxfail INTEGER, 
	active BOOLEAN NOT NULL, 
	revoked BOOLEAN, 
	locked BOOLEAN, 
	failcount INTEGER, 
	count INTEGER, 
	count_window INTEGER, 
	sync_window INTEGER, 
	rollout_state VARCHAR(10), 
	PRIMARY KEY (id)
);
INSERT INTO "token" VALUES(1,'','TOTP-ada','totp','','','','','',6,'','2c82b756f719d6fb2fec14793d7251519cb42ac104013a888ad62f4adb4902df15212b6f5fa76050a1ab4966f6975b71','5070b281f04ce8b77c8d6b42d84282c1',10,1,0,0,0,56802240,10,1000,'enrolled');
INSERT INTO "token" VALUES(2,'','TOTP-bob','totp','','','','','',8,'','bd560cae1d61da19c841656ca8c78f5134494c24b2fe5966e9cc573cc4fb8788ee93e6d96b6b1a34a12883873b387c3e01bc82f934650ea0d91559ce6ef5ec94f688eef0aaba59f9b3c81e4010d1d38c','548186cc8351f2a259198b584c0ee91a',10,1,0,0,0,28401120,10,1000,'enrolled');
INSERT INTO "token" VALUES(3,'','TOTP-carol','totp','','','','','',6,'','e5f46e09053cb26af5d08d28490d1e17ede0e5fbcb5d097c0ef647734864ace7f727e69ad8df1f0d46f3347eabfa1108','bfcd965ebdb3a3b8230444c89a2a14a3',10,1,0,0,0,0,10,1000,'enrolled');
INSERT INTO "token" VALUES(4,'','TOTP-dan','totp','','','','','',6,'','54d3a9e65ff01e0c3adcc55c003909f02f74d71de6d84038ef9280c2c2ff8e2ca98bdbac7daeb98a35ebdf0a4ae59865','1e10b9a689d109ac5082473eedde30f5',10,0,0,0,0,0,10,1000,'enrolled');
INSERT INTO "token" VALUES(5,'','TOTP-eve','hotp','','','','','',6,'','e8ff9d7f1652943c96d2e2fadfd0404fc16af0481a686cc8023d1bfeecd1c17de947fc900999d8c96bf7afb465cf7699','9bfc683dbcae40f87490d1308ffcb6d8',10,1,0,0,0,0,10,1000,'enrolled');
CREATE TABLE tokeninfo (
	id INTEGER NOT NULL, 
	"Key" VARCHAR(255) NOT NULL, 
	"Value" TEXT, 
	"Type" VARCHAR(100), 
	"Description" VARCHAR(2000), 
	token_id INTEGER, 
	PRIMARY KEY (id), 
	CONSTRAINT tiix_2 UNIQUE (token_id, "Key"), 
	FOREIGN KEY(token_id) REFERENCES token (id)
);
INSERT INTO "tokeninfo" VALUES(1,'assignment_date','2026-11-30T02:31:47+00:00','','',1);
INSERT INTO "tokeninfo" VALUES(2,'tokenkind','software','','',1);
INSERT INTO "tokeninfo" VALUES(3,'hashlib','sha1','','',1);
INSERT INTO "tokeninfo" VALUES(4,'timeWindow','180','','',1);
INSERT INTO "tokeninfo" VALUES(5,'timeShift','0.0','','',1);
INSERT INTO "tokeninfo" VALUES(6,'timeStep','30','','',1);
INSERT INTO "tokeninfo" VALUES(7,'creation_date','2026-11-30T02:31:47+00:00','','',1);
INSERT INTO "tokeninfo" VALUES(8,'assignment_date','2026-11-30T02:31:47+00:00','','',2);
INSERT INTO "tokeninfo" VALUES(9,'tokenkind','software','','',2);
INSERT INTO "tokeninfo" VALUES(10,'hashlib','sha256','','',2);
INSERT INTO "tokeninfo" VALUES(11,'timeWindow','180','','',2);
INSERT INTO "tokeninfo" VALUES(12,'timeShift','0.0','','',2);
INSERT INTO "tokeninfo" VALUES(13,'timeStep','60','','',2);
INSERT INTO "tokeninfo" VALUES(14,'creation_date','2026-11-30T02:31:47+00:00','','',2);
INSERT INTO "tokeninfo" VALUES(15,'assignment_date','2026-11-30T02:31:47+00:00','','',3);
INSERT INTO "tokeninfo" VALUES(16,'tokenkind','software','','',3);
INSERT INTO "tokeninfo" VALUES(17,'hashlib','sha1','','',3);
INSERT INTO "tokeninfo" VALUES(18,'timeWindow','180','','',3);
INSERT INTO "tokeninfo" VALUES(19,'timeShift','0.0','','',3);
INSERT INTO "tokeninfo" VALUES(20,'timeStep','30','','',3);
INSERT INTO "tokeninfo" VALUES(21,'creation_date','2026-11-30T02:31:47+00:00','','',3);
INSERT INTO "tokeninfo" VALUES(22,'assignment_date','2026-11-30T02:31:47+00:00','','',4);
INSERT INTO "tokeninfo" VALUES(23,'tokenkind','software','','',4);
INSERT INTO "tokeninfo" VALUES(24,'hashlib','sha1','','',4);
INSERT INTO "tokeninfo" VALUES(25,'timeWindow','180','','',4);
INSERT INTO "tokeninfo" VALUES(26,'timeShift','0.0','','',4);
INSERT INTO "tokeninfo" VALUES(27,'timeStep','30','','',4);
INSERT INTO "tokeninfo" VALUES(28,'creation_date','2026-11-30T02:31:47+00:00','','',4);
INSERT INTO "tokeninfo" VALUES(29,'assignment_date','2026-11-30T02:31:47+00:00','','',5);
INSERT INTO "tokeninfo" VALUES(30,'tokenkind','software','','',5);
INSERT INTO "tokeninfo" VALUES(31,'hashlib','sha1','','',5);
INSERT INTO "tokeninfo" VALUES(32,'creation_date','2026-11-30T02:31:47+00:00','','',5);
CREATE TABLE tokenowner (
	id INTEGER NOT NULL, 
	token_id INTEGER, 
	resolver VARCHAR(120), 
	user_id VARCHAR(320), 
	realm_id INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(token_id) REFERENCES token (id), 
	FOREIGN KEY(realm_id) REFERENCES realm (id)
);
INSERT INTO "tokenowner" VALUES(1,1,'users','1000',1);
INSERT INTO "tokenowner" VALUES(2,2,'users','1001',1);
INSERT INTO "tokenowner" VALUES(3,3,'users','1002',1);
INSERT INTO "tokenowner" VALUES(4,4,'users','1003',1);
INSERT INTO "tokenowner" VALUES(5,5,'users','1004',1);
