export type SourceText = { readonly path: string; readonly text: string };

/** Where a shell is started all the same, and why that is no way in. */
export const allowedShells: Readonly<Record<string, string>> = {
  "src/drivers/privileges/user-command.ts": "an app's own command line, inside that app's sandbox",
};

const shells = "(?:sh|bash|dash|ash|zsh|ksh|csh|tcsh|fish|busybox|su|sudo|runuser)";
const quote = "[\"'`]";
const program = `${quote}(?:/(?:usr/)?(?:local/)?bin/)?${shells}${quote}`;

type Rule = {
  readonly says: string;
  readonly pattern: RegExp;
  /** Which files it is about; all by default. */
  readonly files?: RegExp;
  /** Files that may. */
  readonly but?: readonly string[];
  /** Holds for tests, too, which else may start a shell with a text of their own. */
  readonly inTests?: true;
};

const rules: readonly Rule[] = [
  {
    says: "gives a string to a shell",
    inTests: true,
    pattern: new RegExp(`\\bshell["']?\\]?\\s*:\\s*(?:true\\b|!0|1\\b|${quote})`),
  },
  {
    says: "starts programs around src/lib/exec.ts",
    pattern: /\bchild_process\b/,
    inTests: true,
    files: /\.(?:[cm]?[jt]sx?)$/,
    // The last one is about a program that a test runs in the sandbox.
    but: ["src/lib/exec.ts", "scripts/child.mjs", "src/lib/seccomp.test.ts"],
  },
  {
    says: "takes what reads a command line from child_process",
    inTests: true,
    pattern:
      /import\s*\{[^}]*\b(?:exec|execSync|execFile|execFileSync|spawnSync|fork)\b[^}]*\}\s*from\s*"node:child_process"/,
  },
  {
    says: "starts a shell as a program",
    // A list of the names of shells starts none.
    pattern: new RegExp(`\\[\\s*${program}\\s*,(?!\\s*${program})`),
  },
  {
    says: "gives a shell a command line",
    pattern: new RegExp(`${program}\\s*,\\s*${quote}-[a-z]*c`),
  },
  { says: "has a text with a shell's command line", pattern: /\b(?:ba|da|z|k)?sh -[a-z]*c\b/ },
  { says: "evaluates text as code", pattern: /\beval\(|\bnew Function\(|["']node:vm["']/ },
  {
    says: "starts programs from the router",
    pattern: /\bos\.execute\b|\bio\.popen\b|\bloadstring\b|\bngx\.pipe\b|\bdofile\b/,
    files: /\.lua$/,
  },
  {
    says: "lets execline read a command line",
    pattern: new RegExp(`${quote}execlineb${quote}\\s*,\\s*${quote}-[a-zA-Z]*c`),
  },
];

/** A sentence for each place where a text could be read by a shell. Comments do not count. */
export function findShells({ path, text }: SourceText): string[] {
  const code = withoutComments(path, text);
  return rules
    .filter(({ inTests }) => inTests === true || !isTest(path))
    .filter(({ files, but }) => (files?.test(path) ?? true) && !but?.includes(path))
    .filter(({ pattern }) => pattern.test(code))
    .map(({ says }) => `${path} ${says}`);
}

function isTest(path: string): boolean {
  return path.startsWith("test/") || /\.test\.[cm]?ts$/.test(path);
}

function withoutComments(path: string, text: string): string {
  if (path.endsWith(".lua")) return text.replaceAll(/--.*$/gm, "");
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}
