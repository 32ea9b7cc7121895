import { Choice } from "./field.tsx";

const roles = [
  ["viewer", "viewer: sees"],
  ["deployer", "deployer: deploys, rolls back, scales, configures"],
  ["deployer+run+reveal", "deployer who may run commands and reveal secrets"],
  ["admin", "admin: everything with its apps"],
] as const;

type RoleChoiceProps = { readonly role: string; readonly onChoose: (role: string) => void };

/** What somebody may do. A role that was put together elsewhere is kept as it is. */
export function RoleChoice({ role, onChoose }: RoleChoiceProps) {
  const isKnown = roles.some(([known]) => known === role);
  const choices = isKnown ? roles : [[role, role] as const, ...roles];
  return <Choice label="Role" value={role} choices={choices} onChoose={onChoose} />;
}
