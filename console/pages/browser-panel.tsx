import { chooseScheme, schemes, useScheme, type Scheme } from "../data/scheme.ts";
import { endSession } from "../data/session.ts";
import { signOut } from "../data/sign-in.ts";
import { Choice } from "../parts/field.tsx";
import { Panel } from "../parts/panel.tsx";

/** What holds for this browser alone. */
export function BrowserPanel() {
  const scheme = useScheme();
  return (
    <Panel title="This browser">
      <Choice
        label="Colours"
        value={scheme}
        choices={schemes.map((it) => [it, names[it]])}
        // The choices are the schemes.
        onChoose={(chosen) => chooseScheme(chosen as Scheme)}
      />
    </Panel>
  );
}

export function SignOut() {
  return (
    <button type="button" className="button" onClick={leave}>
      Sign out
    </button>
  );
}

const names: Readonly<Record<Scheme, string>> = {
  system: "as the system has them",
  light: "light",
  dark: "dark",
};

function leave(): void {
  // Whatever becomes of the session's end, this browser forgets what it showed.
  void signOut()
    .catch(() => {})
    .finally(endSession);
}
