CREATE TABLE `deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`notification_id` integer NOT NULL,
	`event` text NOT NULL,
	`attempts` integer NOT NULL,
	`created_at` integer NOT NULL,
	`next_at` integer NOT NULL,
	FOREIGN KEY (`notification_id`) REFERENCES `notifications`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `deliveries_by_time` ON `deliveries` (`next_at`);--> statement-breakpoint
CREATE INDEX `deliveries_by_notification` ON `deliveries` (`notification_id`);--> statement-breakpoint
CREATE TABLE `drains` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`branch_id` integer NOT NULL,
	`url` text NOT NULL,
	`ca` text,
	`actor` text NOT NULL,
	`created_at` integer NOT NULL,
	`positions` text NOT NULL,
	`sent_lines` integer DEFAULT 0 NOT NULL,
	`skipped_bytes` integer DEFAULT 0 NOT NULL,
	`last_success_at` integer,
	`last_error` text,
	FOREIGN KEY (`branch_id`) REFERENCES `branches`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `drains_by_branch` ON `drains` (`branch_id`);--> statement-breakpoint
CREATE TABLE `marks` (
	`name` text PRIMARY KEY NOT NULL,
	`value` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `notifications` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`app_id` integer,
	`kind` text NOT NULL,
	`address` text NOT NULL,
	`signing_secret` text,
	`events` text NOT NULL,
	`actor` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_success_at` integer,
	`last_error` text,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `notifications_by_app` ON `notifications` (`app_id`);