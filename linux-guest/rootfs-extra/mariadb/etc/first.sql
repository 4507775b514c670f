CREATE DATABASE IF NOT EXISTS uchaos;
CREATE TABLE IF NOT EXISTS uchaos.server (uuid CHAR(36) NOT NULL);
INSERT INTO uchaos.server SELECT CONCAT_WS('-', SUBSTR(bits, 1, 8), SUBSTR(bits, 9, 4), CONCAT('4', SUBSTR(bits, 14, 3)), CONCAT(SUBSTR('89ab', 1 + CONV(SUBSTR(bits, 17, 1), 16, 10) % 4, 1), SUBSTR(bits, 18, 3)), SUBSTR(bits, 21, 12)) FROM (SELECT LOWER(HEX(RANDOM_BYTES(16))) AS bits LIMIT 1) AS random WHERE NOT EXISTS (SELECT * FROM uchaos.server);
SELECT uuid INTO OUTFILE '/data/uuid.txt' FROM uchaos.server;
