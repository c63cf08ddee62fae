"""Not tested: the shards of a plan as the tasks of a Spark job.

    spark-submit spark_pipe.py /scan/plan.ndjson /scan/shards 100

A task that fails is run again, on another executor too; what baredot says other
than 0 is a failure.  Merge behind it: docs/cluster.md.
"""
import sys

from pyspark import SparkContext

plan, out, shards = sys.argv[1], sys.argv[2], int(sys.argv[3])
# No option that a shell would see: the paths hold no spaces.
command = ("sh -c 'read -r i && exec baredot scan --plan %s --shard $i/%d "
           "--out %s --exit-zero --jobs 1'" % (plan, shards, out))
sc = SparkContext(appName="baredot")
sc.parallelize(range(1, shards + 1), shards).map(str).pipe(
    command, checkCode=True).count()
