CREATE TABLE `apps` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`managed_by` text,
	`created_at` integer NOT NULL,
	`destroying_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `apps_name_unique` ON `apps` (`name`);--> statement-breakpoint
CREATE TABLE `artifacts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`branch_id` integer NOT NULL,
	`commit` text NOT NULL,
	`process_types` text NOT NULL,
	`release_command` text,
	`status` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`branch_id`) REFERENCES `branches`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `artifacts_by_branch` ON `artifacts` (`branch_id`);--> statement-breakpoint
CREATE TABLE `branches` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`app_id` integer NOT NULL,
	`name` text NOT NULL,
	`is_default` integer NOT NULL,
	`config` text NOT NULL,
	`mode` text NOT NULL,
	`held_until` integer,
	`current_release_id` integer,
	`candidate_release_id` integer,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `branches_by_name` ON `branches` (`app_id`,`name`);--> statement-breakpoint
CREATE TABLE `config_files` (
	`file` text PRIMARY KEY NOT NULL,
	`text` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `domains` (
	`name` text PRIMARY KEY NOT NULL,
	`config` text NOT NULL,
	`managed_by` text
);
--> statement-breakpoint
CREATE TABLE `events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`type` text NOT NULL,
	`app_id` integer,
	`target` text,
	`actor` text NOT NULL,
	`message` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `events_by_target` ON `events` (`target`);--> statement-breakpoint
CREATE TABLE `instances` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`branch_id` integer NOT NULL,
	`process_type` text NOT NULL,
	`index` integer NOT NULL,
	`spec_hash` text NOT NULL,
	`spec` text NOT NULL,
	`port` integer,
	`created_at` integer NOT NULL,
	`healthy_at` integer,
	`retiring_at` integer,
	`draining_at` integer,
	FOREIGN KEY (`branch_id`) REFERENCES `branches`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `instances_port_unique` ON `instances` (`port`);--> statement-breakpoint
CREATE INDEX `instances_by_branch` ON `instances` (`branch_id`);--> statement-breakpoint
CREATE TABLE `jobs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`branch_id` integer NOT NULL,
	`actor` text NOT NULL,
	`status` text NOT NULL,
	`step` text,
	`input` text NOT NULL,
	`artifact_id` integer,
	`release_id` integer,
	`error` text,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`ended_at` integer,
	FOREIGN KEY (`branch_id`) REFERENCES `branches`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `jobs_by_status` ON `jobs` (`status`);--> statement-breakpoint
CREATE INDEX `jobs_by_branch` ON `jobs` (`branch_id`);--> statement-breakpoint
CREATE TABLE `keys` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`type` text NOT NULL,
	`blob` text NOT NULL,
	`fingerprint` text NOT NULL,
	`managed_by` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `keys_name_unique` ON `keys` (`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `keys_blob_unique` ON `keys` (`blob`);--> statement-breakpoint
CREATE TABLE `releases` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`branch_id` integer NOT NULL,
	`number` integer NOT NULL,
	`artifact_id` integer NOT NULL,
	`config` text NOT NULL,
	`description` text NOT NULL,
	`actor` text NOT NULL,
	`status` text NOT NULL,
	`created_at` integer NOT NULL,
	`healthy_at` integer,
	FOREIGN KEY (`branch_id`) REFERENCES `branches`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`artifact_id`) REFERENCES `artifacts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `releases_by_number` ON `releases` (`branch_id`,`number`);