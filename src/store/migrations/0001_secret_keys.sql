CREATE TABLE `secret_keys` (
	`id` text PRIMARY KEY NOT NULL
);
