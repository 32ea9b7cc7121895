import { useEffect, useId, useState, type KeyboardEvent } from "react";
import { findGoals, type Goal } from "../lib/palette.ts";
import { Dialog } from "./dialog.tsx";

const shownMax = 9;

/** Opens the palette when Ctrl+K or Cmd+K is pressed, wherever one is. */
export function usePaletteKey(setOpen: (isOpen: true) => void): void {
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setOpen(true);
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [setOpen]);
}

/** Goes anywhere by typing a few letters of its name. */
export function Palette({ goals, onClose }: { goals: readonly Goal[]; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const found = findGoals(goals, typed, shownMax);
  const open = (goal: Goal | undefined) => {
    if (!goal) return;
    onClose();
    goal.open();
  };
  const press = (event: KeyboardEvent) => {
    const step = steps[event.key];
    if (event.key === "Enter") open(found[at]);
    else if (step !== undefined && found.length > 0)
      setAt((at + step + found.length) % found.length);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Go to" onClose={onClose}>
      <SearchField
        typed={typed}
        listId={id}
        chosenId={found.length > 0 ? `${id}-${at}` : undefined}
        onText={(text) => {
          setTyped(text);
          setAt(0);
        }}
        onKeyDown={press}
      />
      <div className="palette" role="listbox" aria-label="Places" id={id}>
        {found.map((goal, index) => (
          <Option
            key={`${goal.kind} ${goal.name}`}
            id={`${id}-${index}`}
            goal={goal}
            isChosen={index === at}
            onOpen={open}
          />
        ))}
      </div>
      {found.length === 0 && <p className="aside">Nothing has this name.</p>}
    </Dialog>
  );
}

type SearchFieldProps = {
  readonly typed: string;
  readonly listId: string;
  readonly chosenId: string | undefined;
  readonly onText: (text: string) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
};

function SearchField({ typed, listId, chosenId, onText, onKeyDown }: SearchFieldProps) {
  return (
    <div className="field">
      <input
        type="search"
        role="combobox"
        aria-label="Name of an app or a page"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={chosenId}
        autoComplete="off"
        spellCheck={false}
        placeholder="An app, a page …"
        value={typed}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={onKeyDown}
      />
    </div>
  );
}

type OptionProps = {
  readonly id: string;
  readonly goal: Goal;
  readonly isChosen: boolean;
  readonly onOpen: (goal: Goal) => void;
};

/** The keyboard chooses from the field; a pointer presses here. */
function Option({ id, goal, isChosen, onOpen }: OptionProps) {
  return (
    <button
      type="button"
      tabIndex={-1}
      id={id}
      role="option"
      aria-selected={isChosen}
      onClick={() => onOpen(goal)}
    >
      <bdi className="clip">{goal.name}</bdi>
      <span className="aside">{goal.kind}</span>
    </button>
  );
}

const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };
