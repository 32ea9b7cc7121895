import { useQueryClient } from "@tanstack/react-query";
import { Suspense, useEffect } from "react";
import { whoAmI } from "#api/account.ts";
import { LiveProvider } from "./data/live.tsx";
import { useAddress } from "./data/location.ts";
import { CallerContext, onSessionEnd } from "./data/session.ts";
import { useOperation } from "./data/use-operation.ts";
import { Frame } from "./frame.tsx";
import { ErrorNote, Waiting } from "./parts/note.tsx";
import { NotFoundPage } from "./pages/not-found.tsx";
import { SignInPage } from "./pages/sign-in.tsx";
import { pageAt } from "./routes.tsx";

/** The console: signed in, the page that the address names, in its frame. */
export function App() {
  const { path } = useAddress();
  const queries = useQueryClient();
  const caller = useOperation(whoAmI, {});
  useEffect(() => onSessionEnd(() => void queries.resetQueries()), [queries]);
  if (caller.data) {
    return (
      <CallerContext value={caller.data}>
        <LiveProvider>
          <Frame path={path}>
            <Suspense fallback={<Waiting rows={6} />}>{pageAt(path) ?? <NotFoundPage />}</Suspense>
          </Frame>
        </LiveProvider>
      </CallerContext>
    );
  }
  if (!caller.error) {
    return (
      <main className="main">
        <Waiting rows={8} />
      </main>
    );
  }
  if (caller.error.status === 401) return <SignInPage onDone={() => void caller.refetch()} />;
  return (
    <main className="sign-in">
      <ErrorNote error={caller.error} />
      <button type="button" className="button" onClick={() => void caller.refetch()}>
        Try again
      </button>
    </main>
  );
}
