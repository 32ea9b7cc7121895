const lengthMin = 12;
const differentMin = 6;

/** What most passwords are made of that somebody guessed; what is left of one must be long enough. */
const commonParts = [
  "password passwort passw0rd p4ssword admin administrator root welcome letmein login secret",
  "qwertyuiop qwertzuiop qwerty qwertz azerty asdfghjkl zxcvbnm yxcvbnm iloveyou monkey dragon",
  "football baseball basketball superman batman pokemon starwars princess sunshine shadow master",
  "michael jennifer jordan liverpool chelsea arsenal whatever trustno1 freedom hello computer",
  "internet server changeme default guest test berth correcthorsebatterystaple",
]
  .join(" ")
  .split(" ");

const runs = ["0123456789012345", "abcdefghijklmnopqrstuvwxyz"];

/**
 * Why a password must not be used; null when it may. Length counts and guessable parts do not: no
 * kind of character is asked for. @see NIST SP 800-63B, 5.1.1.2
 */
export function passwordProblem(password: string, personal: readonly string[]): string | null {
  if (Array.from(password).length < lengthMin) return `use at least ${lengthMin} characters`;
  const plain = password.normalize("NFKC").toLowerCase();
  if (new Set(plain).size < differentMin) {
    return `use at least ${differentMin} different characters`;
  }
  const left = [...personal, ...commonParts]
    .map((it) => it.toLowerCase())
    .filter((it) => it.length >= 3)
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, part) => text.replaceAll(part, ""), withoutRuns(plain));
  return left.replaceAll(/[\d\W_]+$/g, "").length >= 4 || left.length >= lengthMin
    ? null
    : "it is made of what is guessed first; use words that have nothing to do with each other";
}

/** Without what counts up or down: 1234, abcd, 9876. */
function withoutRuns(text: string): string {
  const both = runs.flatMap((run) => [run, Array.from(run).toReversed().join("")]);
  let left = text;
  for (let length = 10; length >= 4; length -= 1) {
    for (const run of both) {
      for (let at = 0; at + length <= run.length; at += 1) {
        left = left.replaceAll(run.slice(at, at + length), "");
      }
    }
  }
  return left;
}
