ALTER TABLE `apps` ADD `user_number` integer NOT NULL DEFAULT 0;--> statement-breakpoint
UPDATE `apps` SET `user_number` = (SELECT count(*) FROM `apps` AS `other` WHERE `other`.`id` <= `apps`.`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `apps_user_number_unique` ON `apps` (`user_number`);
