ALTER TABLE `notifications` ADD `team_id` integer REFERENCES teams(id) ON DELETE cascade;
--> statement-breakpoint
-- They held tokens as they are; from now on they hold hashes, so people sign in once more.
DELETE FROM `sessions`;
--> statement-breakpoint
DELETE FROM `verifications`;
