/* Runs an artifact through TensorFlow's C API, as a program without Python would.

   consumer ARTIFACT IMAGES FEATURES BATCH SIZE

   IMAGES holds float32[BATCH, SIZE, SIZE, 3] as raw numbers; the output of serving_default is
   written to FEATURES in the same way. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/c_api.h"

static void require(const TF_Status *status, const char *what) {
  if (TF_GetCode(status) != TF_OK) {
    fprintf(stderr, "%s: %s\n", what, TF_Message(status));
    exit(1);
  }
}

static TF_Tensor *read_images(const char *path, int64_t batch, int64_t size) {
  const int64_t shape[] = {batch, size, size, 3};
  const size_t bytes = sizeof(float) * batch * size * size * 3;
  TF_Tensor *images = TF_AllocateTensor(TF_FLOAT, shape, 4, bytes);
  FILE *file = fopen(path, "rb");
  if (!file || fread(TF_TensorData(images), 1, bytes, file) != bytes) {
    fprintf(stderr, "cannot read %s\n", path);
    exit(1);
  }
  fclose(file);
  return images;
}

static TF_Output output_of(TF_Graph *graph, const char *operation) {
  TF_Output output = {TF_GraphOperationByName(graph, operation), 0};
  if (!output.oper) {
    fprintf(stderr, "no operation %s\n", operation);
    exit(1);
  }
  return output;
}

int main(int count, char **arguments) {
  if (count != 6) {
    fprintf(stderr, "usage: consumer ARTIFACT IMAGES FEATURES BATCH SIZE\n");
    return 2;
  }
  TF_Status *status = TF_NewStatus();
  TF_Graph *graph = TF_NewGraph();
  TF_SessionOptions *options = TF_NewSessionOptions();
  const char *tags[] = {"serve"};
  TF_Session *session = TF_LoadSessionFromSavedModel(options, NULL, arguments[1], tags, 1, graph,
                                                     NULL, status);
  require(status, "load");

  TF_Output input = output_of(graph, "serving_default_inputs");
  TF_Output output = output_of(graph, "StatefulPartitionedCall");
  TF_Tensor *images = read_images(arguments[2], atoll(arguments[4]), atoll(arguments[5]));
  TF_Tensor *features = NULL;
  TF_SessionRun(session, NULL, &input, &images, 1, &output, &features, 1, NULL, 0, NULL, status);
  require(status, "run");

  FILE *file = fopen(arguments[3], "wb");
  if (!file || !fwrite(TF_TensorData(features), TF_TensorByteSize(features), 1, file)) {
    fprintf(stderr, "cannot write %s\n", arguments[3]);
    return 1;
  }
  fclose(file);
  TF_DeleteTensor(images);
  TF_DeleteTensor(features);
  TF_CloseSession(session, status);
  TF_DeleteSession(session, status);
  TF_DeleteSessionOptions(options);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return 0;
}
