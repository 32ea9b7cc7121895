-- Limits stand in every configuration and every instance from now on; none was chosen before.
UPDATE `branches` SET `config` = json_set(`config`, '$.limits', json('{"app":{},"types":{},"build":{}}'));--> statement-breakpoint
UPDATE `releases` SET `config` = json_set(`config`, '$.limits', json('{"app":{},"types":{},"build":{}}'));--> statement-breakpoint
UPDATE `instances` SET `spec` = json_set(`spec`, '$.limits', json('{"memoryBytes":536870912,"cpuCores":1,"pids":256,"openFiles":8192,"diskBytes":268435456}'));
