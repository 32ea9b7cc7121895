/** Through what somebody asked; `platform` when Berth acts by itself, or for a configuration file. */
export const doors = ["console", "api", "cli", "ssh", "git", "platform"] as const;
export type Door = (typeof doors)[number];
