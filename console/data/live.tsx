import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useState, type ReactNode } from "react";

import { useMetricsClock } from "./use-metrics.ts";

type LiveState = "open" | "away";

const LiveContext = createContext<LiveState>("away");

export function useLiveState(): LiveState {
  return useContext(LiveContext);
}

/** Keeps everything that is shown up to date. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  useMetricsClock();
  const [state] = useState<LiveState>("open");
  useEffect(() => {
    const timer = setInterval(
      () => void queries.invalidateQueries({ refetchType: "active" }),
      1500,
    );
    return () => clearInterval(timer);
  }, [queries]);
  return <LiveContext value={state}>{children}</LiveContext>;
}
