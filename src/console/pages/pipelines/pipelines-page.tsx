import type { ReactNode } from 'react';
import { ForAdmins } from '../../access/for-admins.tsx';
import type { PageProps } from '../../frame/pages.tsx';
import { EditPipeline } from './edit/edit-pipeline.tsx';
import { NewPipeline } from './edit/new-pipeline.tsx';
import { PipelineView } from './one/pipeline-view.tsx';
import { viewOf } from './pipeline-path.ts';
import { PipelineList } from './pipeline-list.tsx';
import './pipelines.css';

/** All pipelines, one of them, and the editor of one. */
export function PipelinesPage({ rest }: PageProps): ReactNode {
  const view = viewOf(rest);
  switch (view.kind) {
    case 'list':
      return <PipelineList />;
    case 'new':
      return (
        <ForAdmins title="New pipeline" what="Making pipelines">
          <NewPipeline />
        </ForAdmins>
      );
    case 'one':
      return <PipelineView key={view.name} name={view.name} />;
    case 'edit':
      return (
        <ForAdmins title={view.name} what="Changing a pipeline">
          <EditPipeline key={view.name} name={view.name} />
        </ForAdmins>
      );
  }
}
