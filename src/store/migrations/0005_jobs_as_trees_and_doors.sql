PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_jobs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`branch_id` integer,
	`app_id` integer,
	`target` text DEFAULT '' NOT NULL,
	`actor` text NOT NULL,
	`door` text DEFAULT 'platform' NOT NULL,
	`status` text NOT NULL,
	`step` text,
	`steps` text DEFAULT '[]' NOT NULL,
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
INSERT INTO `__new_jobs`("id", "kind", "branch_id", "app_id", "target", "actor", "status", "step", "input", "artifact_id", "release_id", "error", "created_at", "started_at", "ended_at") SELECT j."id", j."kind", j."branch_id", b."app_id", CASE WHEN b."is_default" THEN a."name" ELSE a."name" || '@' || b."name" END, j."actor", j."status", j."step", j."input", j."artifact_id", j."release_id", j."error", j."created_at", j."started_at", j."ended_at" FROM `jobs` j JOIN `branches` b ON b."id" = j."branch_id" JOIN `apps` a ON a."id" = b."app_id";--> statement-breakpoint
DELETE FROM `sqlite_sequence` WHERE `name` = '__new_jobs';--> statement-breakpoint
INSERT INTO `sqlite_sequence`(`name`, `seq`) SELECT '__new_jobs', `seq` FROM `sqlite_sequence` WHERE `name` = 'jobs';--> statement-breakpoint
DROP TABLE `jobs`;--> statement-breakpoint
ALTER TABLE `__new_jobs` RENAME TO `jobs`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE INDEX `jobs_by_status` ON `jobs` (`status`);--> statement-breakpoint
CREATE INDEX `jobs_by_branch` ON `jobs` (`branch_id`);--> statement-breakpoint
CREATE INDEX `jobs_by_app` ON `jobs` (`app_id`);--> statement-breakpoint
ALTER TABLE `events` ADD `door` text DEFAULT 'platform' NOT NULL;--> statement-breakpoint
CREATE INDEX `events_by_app` ON `events` (`app_id`,`type`);--> statement-breakpoint
CREATE INDEX `events_by_app_only` ON `events` (`app_id`);--> statement-breakpoint
CREATE INDEX `events_by_type` ON `events` (`type`);--> statement-breakpoint
CREATE INDEX `events_by_actor` ON `events` (`actor`);--> statement-breakpoint
CREATE INDEX `events_by_time` ON `events` (`at`);